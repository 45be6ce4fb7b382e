namespace NJepa.Onnx.Tests;

public sealed class OnnxSpeedTests : TensorTest
{
    [Fact]
    public void The_speed_program_measures_each_kind_and_sees_that_they_agree()
    {
        var output = new StringWriter();
        var log = new StringWriter();

        OnnxSpeed.Program.Run(["--model", "nano", "--images", "6", "--batch-size", "4", "--turns", "1", "--threads", "1"], output, log).Should().Be(0, log.ToString());

        output.ToString().Should().StartWith("ViT-Nano/4 at 32 px, batches of 4, 1 threads").And.MatchRegex(@"\| TorchSharp \| \d+ \(\d+ to \d+\) \| [\d.]+ \([\d.]+ to [\d.]+\) \| 0.0E\+000 \|")
            .And.MatchRegex(@"\| ONNX Runtime \| \d+ \(.*\| [1-9]\.\dE-00\d \|").And.Contain("| ONNX Runtime, float16 |");
        log.ToString().Should().Contain("turn 1 of 1, TorchSharp: first result after");
    }

    [Theory]
    [InlineData("--images is '0'; it must be a whole number of at least 1. Run with --help to see all options.", "--images", "0")]
    [InlineData("ViT.ImageSize is 33, which is not a multiple of ViT.PatchSize = 4; choose a size such as 32.", "--model", "nano", "--image-size", "33")]
    public void A_command_line_that_cannot_be_done_is_answered_with_what_is_wrong(string message, params string[] arguments)
    {
        var log = new StringWriter();
        OnnxSpeed.Program.Run(arguments, TextWriter.Null, log).Should().Be(2);
        log.ToString().TrimEnd().Should().Be(message);
    }
}
