"""The one client for Google Gemini, through google-genai, and what its prompts have in common."""

from shared.gemini.client import Gemini, connected

__all__ = ["Gemini", "connected"]
