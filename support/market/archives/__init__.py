"""Archives: both doors of the product, and hostile ones that are composed by hand."""
