package state

const (
	// manyFree is how much free room, in bytes, is always worth a compaction: a file keeps a list of it that every transaction reads.
	manyFree = 32 << 20
	// fewFree is how much never is: a small state always has some.
	fewFree = 256 << 10
)

// Usage is how large a state is, in bytes.
type Usage struct {
	// Total is what it takes where it is stored, room that is allocated and was never used included.
	Total int64
	// InUse is what holds something, Free what held something once and can be used again.
	InUse, Free int64
}

// Worth reports whether a compaction is worth its time.
func (u Usage) Worth() bool {
	return u.Free >= manyFree || u.Free >= fewFree && u.Free >= u.InUse
}
