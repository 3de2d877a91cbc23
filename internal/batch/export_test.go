package batch

// LakeColumns are the columns of the views of the lake.
var LakeColumns = lakeColumns
