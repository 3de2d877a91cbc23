package batch

var cohortTables = []Table{}
