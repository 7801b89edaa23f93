"""The sync: pages of ServiceTitan's feeds into the mirror, checkpointed with the data, restartable at any instant."""
