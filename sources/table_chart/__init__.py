"""Tables, charts, diagrams and screens, with what there is to say about them."""
