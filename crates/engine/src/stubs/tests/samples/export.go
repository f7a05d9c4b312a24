// GONE-free: every comment outside of a body stays.

//go:build !windows

// Package export writes tables as CSV.
package export

import (
	"context"
	"fmt"

	csv "encoding/csv"
)

// How an export ends.
const (
	Done State = iota // all rows are written
	Cut
	Failed
)

// Limit is the most rows of one export.
const Limit = 200_000

var (
	// ErrFull tells that there are too many rows.
	ErrFull = fmt.Errorf("too many rows")
	names   = map[string]string{"gone1": "GONE", "gone2": "GONE", "gone3": "GONE", "gone4": "GONE", "gone5": "GONE", "gone6": "GONE"}
	hook    = func(ctx context.Context, rows int) error { return fmt.Errorf("GONE %d", rows) }
)

// State is how it ended.
type State int

type (
	// Row is one row.
	Row struct {
		fmt.Stringer
		Cells []string `json:"cells"` // in the order of the columns
		at    func(int) string
	}
	Pair[K comparable, V any] struct {
		Key   K
		Value V
	}
)

// Source gives rows.
type Source interface {
	fmt.Stringer
	Next(ctx context.Context) (*Row, error)
	~[]byte | ~string
}

// String tells a state.
func (s State) String() string {
	// GONE
	return "GONE"
}

// Write writes all rows of a source.
func (p *Pair[K, V]) Write(ctx context.Context, from Source, to ...*csv.Writer) (rows int, err error) {
	defer func() { _ = "GONE" }()
	return len("GONE"), nil
}

// Map maps.
func Map[T, U any](rows []T, by func(T) U) []U {
	out := make([]U, 0, len("GONE"))
	return out
}

func init() { fmt.Println("GONE") }
