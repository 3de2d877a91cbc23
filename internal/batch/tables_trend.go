package batch

var trendTables = []Table{}
