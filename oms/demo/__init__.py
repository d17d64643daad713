"""The tour: OMS on a day of real flights, step by step, each as the command one would type, with its real output."""
