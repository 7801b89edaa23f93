"""A customer as records of Salesforce: which values, in which fields, made to fit."""
