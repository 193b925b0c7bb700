"""Who a listener is, as a vector: made of what they heard and of what that music is like."""
