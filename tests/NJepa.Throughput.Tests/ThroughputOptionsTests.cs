using NJepa.Models;
using NJepa.Throughput.Options;

namespace NJepa.Throughput.Tests;

public sealed class ThroughputOptionsTests
{
    [Fact]
    public void Defaults_are_those_of_the_help()
    {
        ThroughputOptions options = ThroughputOptions.Parse([]);

        options.Models.Should().Equal("nano", "small", "base");
        options.Precisions.Should().Equal(Precision.Float32);
        (options.Batch, options.Device, options.Threads, options.LoaderThreads).Should().Be((null, "cpu", Environment.ProcessorCount, 2));
        (options.Turns, options.Run, options.Long, options.MicroBatch, options.Recompute, options.Peer).Should().Be((10, 20, 0, null, false, true));
        (options.Images, options.Output, options.ShowHelp).Should().Be((null, null, false));
        options.Cases("x").Select(work => (work.Model, work.Batch)).Should().Equal(("nano", 64), ("small", 8), ("base", 4));
        ThroughputCase.Models.Select(model => (model.Key, model.Value.Batch)).Should().Equal(("nano", 64), ("tiny", 16), ("small", 8), ("base", 4), ("large", 2));
    }

    [Fact]
    public void Every_option_is_read_and_stands_in_the_help()
    {
        string[] arguments =
        [
            "--models", "tiny,Large", "--batch", "6", "--precisions", "bfloat16,TensorFloat32", "--device", "cuda:1", "--threads", "3", "--loader-threads", "0", "--turns", "4", "--run", "0",
            "--long", "51", "--micro-batch", "2", "--recompute", "--no-peer", "--images", "a", "--output", "b", "--help",
        ];
        ThroughputOptions options = ThroughputOptions.Parse(arguments);

        options.Models.Should().Equal("tiny", "large");
        options.Precisions.Should().Equal(Precision.BFloat16, Precision.TensorFloat32);
        (options.Batch, options.Device, options.Threads, options.LoaderThreads).Should().Be((6, "cuda:1", 3, 0));
        (options.Turns, options.Run, options.Long, options.MicroBatch, options.Recompute, options.Peer).Should().Be((4, 0, 51, 2, true, false));
        (options.Images, options.Output, options.ShowHelp).Should().Be(("a", "b", true));
        options.Cases("x").Should().HaveCount(4).And.OnlyContain(work => work.Batch == 6 && work.MicroBatch == 2 && work.Recompute && work.Images == "x");
        arguments.Where(argument => argument.StartsWith("--", StringComparison.Ordinal) && argument != "--help").Should().OnlyContain(argument => ThroughputOptions.Help.Contains(argument));
    }

    [Theory]
    [InlineData("'--fast' is not an option; --help lists them.", "--fast")]
    [InlineData("'nano' is not an option; --help lists them.", "nano")]
    [InlineData("--models needs a value; --help lists the options.", "--models")]
    [InlineData("--models has 'huge', which is not a model; choose from nano, tiny, small, base, large.", "--models", "nano,huge")]
    [InlineData("--models has '', which is not a model; choose from nano, tiny, small, base, large.", "--models", "")]
    [InlineData("--batch is '0'; it must be a whole number of at least 1.", "--batch", "0")]
    [InlineData("--batch is '1.5'; it must be a whole number of at least 1.", "--batch", "1.5")]
    [InlineData("--precisions has '1', which is not a precision; choose from float32, tensorfloat32, bfloat16.", "--precisions", "float32,1")]
    [InlineData("--precisions has '+1', which is not a precision; choose from float32, tensorfloat32, bfloat16.", "--precisions", "+1")]
    [InlineData("--device is 'gpu'; choose from cpu, cuda, cuda:N and auto.", "--device", "gpu")]
    [InlineData("--device is 'cuda:'; choose from cpu, cuda, cuda:N and auto.", "--device", "cuda:")]
    [InlineData("--threads is '-1'; it must be a whole number of at least 1.", "--threads", "-1")]
    [InlineData("--loader-threads is 'x'; it must be a whole number of at least 0.", "--loader-threads", "x")]
    [InlineData("--turns is '0'; it must be a whole number of at least 1.", "--turns", "0")]
    [InlineData("--run is '-1'; it must be a whole number of at least 0.", "--run", "-1")]
    [InlineData("--long is '50'; it must be a whole number of at least 51.", "--long", "50")]
    [InlineData("--micro-batch is '0'; it must be a whole number of at least 1.", "--micro-batch", "0")]
    [InlineData("--micro-batch is 5, more than the batch of 4 of base; lower it or raise --batch.", "--micro-batch", "5")]
    [InlineData("--output needs a value; --help lists the options.", "--no-peer", "--output")]
    public void A_command_line_that_is_not_understood_ends_with_2_and_says_which_option(string message, params string[] arguments)
    {
        using StringWriter output = new(), log = new();

        Program.Run(arguments, output, log).Should().Be(2);

        log.ToString().Should().Be(message + Environment.NewLine);
        output.ToString().Should().BeEmpty();
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Help_is_printed(string option)
    {
        using StringWriter output = new(), log = new();

        Program.Run([option], output, log).Should().Be(0);

        output.ToString().Should().Be(ThroughputOptions.Help + Environment.NewLine);
        log.ToString().Should().BeEmpty();
    }
}
