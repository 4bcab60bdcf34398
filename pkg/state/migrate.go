package state

import (
	"encoding/binary"
	"fmt"
)

// Schema is the number of the layout in docs/state.md, which this version reads and writes. A state with a higher number is
// refused; one with a lower number becomes one of this with the first thing written to it.
const Schema = 1

// migration brings a state of one schema to the next one. All buckets are there.
type migration func(Tx) error

// migrations has the migration from each released schema that is not Schema. None is released.
func migrations() map[uint64]migration { return nil }

// CheckSchema returns the number of the state's layout, and an [*UnusableError] when a newer version wrote it. path is the
// state's name for the error.
func CheckSchema(tx Tx, path string) (schema uint64, err error) {
	n, err := readSchema(tx)
	if err == nil && n > Schema {
		err = &UnusableError{Path: path, Reason: "was written by a newer postee", Hint: "use that version, or another state"}
	}
	return n, err
}

// Migrate brings a state that an older version wrote to [Schema]. It writes nothing when there is nothing to do. A schema that
// cannot be migrated is an [*UnusableError]; path is the state's name for it.
func Migrate(tx Tx, path string) error { return migrate(tx, path, Schema, migrations()) }

// migrate goes from schema to schema until one is reached.
func migrate(tx Tx, path string, to uint64, steps map[uint64]migration) error {
	from, err := readSchema(tx)
	if err != nil || from >= to {
		return err
	}
	for n := from; n < to; n++ {
		step := steps[n]
		if step == nil {
			return &UnusableError{Path: path, Reason: fmt.Sprintf("has schema %d, from which there is no migration", n),
				Hint: "read it with the version that wrote it, or move it away to begin anew"}
		}
		if err := step(tx); err != nil {
			return fmt.Errorf("from schema %d to %d: %w", n, n+1, err)
		}
	}
	return putSchema(tx, to)
}

// readSchema returns the number of the layout.
func readSchema(tx Tx) (uint64, error) {
	v, err := tx.Get(BucketMeta, metaSchema)
	if err != nil {
		return 0, err
	}
	return number(v, metaSchema)
}

// putSchema writes the number of the layout.
func putSchema(tx Tx, n uint64) error {
	return tx.Put(BucketMeta, metaSchema, binary.AppendUvarint(nil, n))
}
