"""The run itself: who does it, who watches, what is written where, and how it ends."""
