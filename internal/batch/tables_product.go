package batch

var productTables = []Table{}
