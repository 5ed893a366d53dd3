"""Records in, conclusions out. Pure: nothing here reads, writes, asks the time or starts anything."""
