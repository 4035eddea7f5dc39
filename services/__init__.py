"""The five services of Tanggap, and the two modules that know all of them: all_in_one and cli."""
