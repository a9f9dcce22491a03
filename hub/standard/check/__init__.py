"""The checker: all that is wrong with a record, each finding under the id of its rule."""
