package batch

var rfmTables = []Table{}
