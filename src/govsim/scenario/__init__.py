"""What is asked: the city, its demand, staff and people, the mechanism, the horizon."""
