from services.gateway.forecast import forecast


def test_a_video_is_paid_for_by_its_length_and_its_languages() -> None:
    short, hour = forecast(60, []), forecast(3600, [])
    assert [one.part for one in short] == ["transcription", "outline", "articles"]
    for one, longer in zip(short, hour, strict=True):
        assert one.prompt_tokens < longer.prompt_tokens
        assert one.output_tokens < longer.output_tokens
    assert hour[0].calls == 6
    assert hour[0].prompt_tokens > 3600 * 300
    both = forecast(3600, ["es", "ja"])
    assert both[:3] == hour
    assert [one.part for one in both[3:]] == ["translation/es", "translation/ja"]
