"""Rules and policies: expressions that people write, asked of what a commit changes."""
