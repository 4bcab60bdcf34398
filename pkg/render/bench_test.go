package render

import (
	"fmt"
	"testing"
)

func BenchmarkPrint(b *testing.B) {
	for _, n := range []int{1500, 20_000} {
		m := many(n)
		forms := map[string]func() []byte{
			"markdown": func() []byte { return Markdown(Layout(m, Options{})) },
			"html":     func() []byte { return HTML(Layout(m, Options{}), HTMLOptions{}) },
			"text":     func() []byte { return Text(Layout(m, Options{})) },
			"terminal": func() []byte {
				return Console(m, ConsoleOptions{TerminalOptions: TerminalOptions{Width: 120, Colour: true, Links: true}, All: true})
			},
		}
		for name, printed := range forms {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					b.SetBytes(int64(len(printed())))
				}
			})
		}
		b.Run(fmt.Sprintf("split/%d", n), func(b *testing.B) {
			tree := Layout(m, Options{})
			for b.Loop() {
				Split(tree, func(t Tree) bool { return len(Markdown(t)) <= 30_000 })
			}
		})
	}
}
