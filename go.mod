module github.com/postee/postee

go 1.26.0
