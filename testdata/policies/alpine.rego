package postee
default allow = false
allow {
contains(input.image, "alpine")
}
