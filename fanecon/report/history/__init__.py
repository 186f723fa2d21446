"""What happened before: pages checked, runs compared, schedules kept, and the page that lists them."""
