"""The engines that run a room's containers, behind one interface."""
