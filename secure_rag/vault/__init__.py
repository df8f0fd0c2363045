"""Pseudonyms and the sealed values behind them.

Who holds the look-up key can add values and ask which placeholder a known form has;
only the reveal process opens the private key and reads a value back.
"""
