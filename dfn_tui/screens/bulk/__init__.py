"""Many users at once: making a plan, looking through it, applying it, and what came of it."""
