"""TRL's SFT and DPO over the published datasets, with a look before the run and figures by turn after it.

Imports no other folder of the project: what it knows of the data are the published columns, as a stranger does.
"""
