"""How texts become vectors: what a provider promises, how texts are packed for it, who is asked when one fails."""
