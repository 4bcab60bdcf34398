package main

import "os"

// peakOf returns 0: Windows does not say it afterwards.
func peakOf(*os.ProcessState) int64 { return 0 }
