"""What a record of ServiceTitan should look like at GoHighLevel. Reads the mirror; knows no HTTP, changes nothing."""
