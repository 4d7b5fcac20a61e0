"""A simulated network in virtual time: hosts, cables, faults, and the programs that run on them.

    scheduler   virtual time; ties are broken by insertion
    faults      the fault language (docs/faults.md)
    cable       rate, delay, queue limit, MTU and faults between two hosts
    node        a host: its stack, its cables, its programs
    world       hosts by name, links, programs, the run and its records
    scenarios   the demonstrations, one small program each
    rules       names of what the network does

The same topology, programs, faults and seed give the same octets at the same times (law 2).
"""
