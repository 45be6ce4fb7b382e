using NJepa.Samples.Ablation.Options;
using NJepa.Training;

namespace NJepa.Samples.Ablation.Tests;

public sealed class AblationCommandTests
{
    [Fact]
    public async Task Options_are_read()
    {
        AblationOptions? read = null;
        int code = await Run(options => read = options, "--images", "photos.zip", "--table", "baseline,levels", "weights", "--seeds", "3, 1", "--learning-rates=1e-3,0.004", "--epochs", "7", "--momentum", "0.98", "--encoder", "teacher");

        code.Should().Be(0);
        read!.Tables.Should().Equal("baseline", "levels", "weights");
        read.Seeds.Should().Equal(3UL, 1UL);
        read.LearningRates.Should().Equal(0.001, 0.004);
        read.Scale.Should().Be(new AblationScale { Epochs = 7, Momentum = 0.98 });
        read.Encoder.Should().Be(ProbedEncoder.Teacher);
    }

    [Theory]
    [InlineData("--images is missing", "--table", "baseline")]
    [InlineData("--epochs is '0'; it must be a number from 1 to 100000.", "--images", "x", "--epochs", "0")]
    [InlineData("--epochs is 'many'; it must be a number from 1 to 100000.", "--images", "x", "--epochs", "many")]
    [InlineData("--momentum is '1.5'; it must be a number from 0 to 1.", "--images", "x", "--momentum", "1.5")]
    [InlineData("--momentum is 'NaN'; it must be a number from 0 to 1.", "--images", "x", "--momentum", "NaN")]
    [InlineData("--seeds has '-1'; it must be a whole number of at least 0.", "--images", "x", "--seeds", "0,-1")]
    [InlineData("--seeds is empty", "--images", "x", "--seeds", ",")]
    [InlineData("--learning-rates has '2'; it must be a number above 0 and at most 1.", "--images", "x", "--learning-rates", "2")]
    [InlineData("--variance is '0,5'; it must be a number from 0 to 1000.", "--images", "x", "--variance", "0,5")]
    [InlineData("--output is empty", "--images", "x", "--output", "")]
    [InlineData("--images is empty", "--images", "")]
    [InlineData("--table is empty", "--images", "x", "--table", ",")]
    [InlineData("'gpu'", "--images", "x", "--device", "gpu")]
    [InlineData("--images", "--images", "a", "--images", "b")]
    [InlineData("--seeds", "--images", "a", "--seeds", "1", "--seeds", "2")]
    [InlineData("'huge'", "--images", "x", "--model", "huge")]
    [InlineData("'--epoch'", "--images", "x", "--epoch", "3")]
    public void Wrong_options_are_named(string message, params string[] arguments)
    {
        string errors = string.Join(' ', AblationCommand.Create((_, _) => Task.FromResult(0)).Parse(arguments).Errors.Select(error => error.Message));

        errors.Should().Contain(message);
    }

    [Fact]
    public async Task The_list_needs_no_images()
    {
        AblationOptions? read = null;
        (await Run(options => read = options, "--list")).Should().Be(0);
        read!.List.Should().BeTrue();
    }

    private static Task<int> Run(Action<AblationOptions> read, params string[] arguments) => AblationCommand.Create((options, _) =>
    {
        read(options);
        return Task.FromResult(0);
    }).Parse(arguments).InvokeAsync();
}
