"""Pure decisions of survey: the index, the sample, periods, and who is shown. No I/O."""
