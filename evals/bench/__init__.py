"""One file per benchmark. Each takes its data as arguments, runs baseline and Segue side by side, prints one object."""
