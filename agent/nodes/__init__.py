"""The nodes of the graph, one file each: a function of the state and the parts that returns what it changes."""
