"""What goes wrong: damaged files, full disks, commands that are interrupted at any system call."""
