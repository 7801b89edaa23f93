"""What is said: templates in Liquid, what they may name, and what a text costs.

names      what a template may name, by entity, each with an example
people     first names, for a greeting
facts      those values of a record, as people write them
language   the part of Liquid that is spoken, with its limits
templates  checked whole when they are saved; a change makes a version
rendering  a template and a record become a text, or it is refused
segments   how many text messages a text is
checks     whether the settings say who the company is
"""
