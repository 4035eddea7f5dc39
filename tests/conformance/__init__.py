"""What every bus must do, tried on each."""
