"""Hunters."""
