"""Today's TWS logs: where TWS keeps them (locate), which are today's (today), and one zip of them (pack)."""
