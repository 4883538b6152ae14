"""What runs Docreel: the local stack, broker definitions, migrations, images."""
