"""Measures the pipeline with engines that only sleep, beside a thin one on raw aio-pika."""
