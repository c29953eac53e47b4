"""What reads, describes and checks a corpus that was built. No Beam."""
