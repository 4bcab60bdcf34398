package template

import "text/template/parse"

// Names of the functions that [bound] puts into a template. A text that calls one of them itself does no harm.
const (
	textName = "_text"
	eachName = "_each"
	stepName = "_step"
)

// bound puts calls into a tree, so that what is printed is made text, and that no loop goes on without end: only data can be repeated,
// and each repetition and each use of a definition counts.
func bound(root *parse.ListNode) {
	walk(root, func(n parse.Node) {
		switch n := n.(type) {
		case *parse.ActionNode:
			if len(n.Pipe.Decl) == 0 {
				pass(n.Pipe, textName)
			}
		case *parse.RangeNode:
			pass(n.Pipe, eachName)
			count(n.List)
		}
	})
	count(root)
}

// count makes a list begin with a step.
func count(list *parse.ListNode) {
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: list.Pos}
	pass(pipe, stepName)
	step := &parse.ActionNode{NodeType: parse.NodeAction, Pos: list.Pos, Pipe: pipe}
	list.Nodes = append([]parse.Node{step}, list.Nodes...)
}

// pass adds a call to the end of a pipeline: the function takes what the pipeline was until then.
func pass(pipe *parse.PipeNode, function string) {
	name := parse.NewIdentifier(function).SetPos(pipe.Pos)
	pipe.Cmds = append(pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pipe.Pos, Args: []parse.Node{name}})
}

// walk calls fn with each statement, those within others first.
func walk(n parse.Node, fn func(parse.Node)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, inner := range n.Nodes {
			walk(inner, fn)
		}
		return
	case *parse.IfNode:
		walk(n.List, fn)
		walk(n.ElseList, fn)
	case *parse.WithNode:
		walk(n.List, fn)
		walk(n.ElseList, fn)
	case *parse.RangeNode:
		walk(n.List, fn)
		walk(n.ElseList, fn)
	}
	fn(n)
}
