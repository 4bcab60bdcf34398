package state

import (
	"iter"
	"slices"
	"strings"
)

// chunkSize bounds what an insertion moves: a chunk of that many cells is split in two.
const chunkSize = 512

// cell is a key with its value; a nil value marks a key that was deleted.
type cell struct {
	key   string
	value []byte
}

// sorted is a map in bytewise order: chunks of ascending cells, no chunk empty.
type sorted struct {
	chunks [][]cell
}

// find returns the chunk and the place within it where the key is or belongs.
func (s *sorted) find(key string) (chunk, place int, found bool) {
	chunk, _ = slices.BinarySearchFunc(s.chunks, key, func(c []cell, k string) int {
		return strings.Compare(c[len(c)-1].key, k)
	})
	if chunk == len(s.chunks) {
		return chunk, 0, false
	}
	place, found = slices.BinarySearchFunc(s.chunks[chunk], key, func(c cell, k string) int {
		return strings.Compare(c.key, k)
	})
	return chunk, place, found
}

// get returns the value; found is true for a deleted key too.
func (s *sorted) get(key string) (value []byte, found bool) {
	i, j, found := s.find(key)
	if !found {
		return nil, false
	}
	return s.chunks[i][j].value, true
}

// put keeps the value, which the caller gives away.
func (s *sorted) put(key string, value []byte) {
	i, j, found := s.find(key)
	if found {
		s.chunks[i][j].value = value
		return
	}
	if i == len(s.chunks) {
		if i == 0 {
			s.chunks = append(s.chunks, nil)
			i = 1
		}
		i--
		j = len(s.chunks[i])
	}
	c := slices.Insert(s.chunks[i], j, cell{key, value})
	s.chunks[i] = c
	if len(c) > chunkSize {
		half := slices.Clone(c[chunkSize/2:])
		clear(c[chunkSize/2:])
		s.chunks[i] = c[:chunkSize/2]
		s.chunks = slices.Insert(s.chunks, i+1, half)
	}
}

// remove forgets the key altogether.
func (s *sorted) remove(key string) {
	i, j, found := s.find(key)
	if !found {
		return
	}
	s.chunks[i] = slices.Delete(s.chunks[i], j, j+1)
	if len(s.chunks[i]) == 0 {
		s.chunks = slices.Delete(s.chunks, i, i+1)
	}
}

// from walks the cells from the key on, deleted ones included. The map must not change meanwhile.
func (s *sorted) from(key string) iter.Seq[cell] {
	return func(yield func(cell) bool) {
		i, j, _ := s.find(key)
		for ; i < len(s.chunks); i, j = i+1, 0 {
			for _, c := range s.chunks[i][j:] {
				if !yield(c) {
					return
				}
			}
		}
	}
}
