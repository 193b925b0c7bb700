"""Modality encoders: one track in, one vector per modality out, or the statement that the modality is not known."""
