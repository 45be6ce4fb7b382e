using System.Text.Json;
using Microsoft.Extensions.Options;

namespace NJepa.Training.Tests;

public sealed class TrainingScheduleTests
{
    public static TheoryData<string> Configurations => ["paper_like_small", "ipe_scale_1", "no_warmup_const_wd", "decreasing_wd", "fractional_warmup"];

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Sequences_equal_the_reference(string name)
    {
        JsonElement fixture = JsonDocument.Parse(File.ReadAllBytes(Parity.PathOf("e_schedules.json"))).RootElement.GetProperty(name);
        JsonElement config = fixture.GetProperty("config");
        double Number(string key) => config.GetProperty(key).GetDouble();
        var options = new PretrainingOptions
        {
            Epochs = (int)Number("epochs"),
            WarmupEpochs = Number("warmup_epochs"),
            ScheduleStretch = Number("ipe_scale"),
            StartLearningRate = Number("start_lr"),
            LearningRate = Number("lr"),
            FinalLearningRate = Number("final_lr"),
            WeightDecay = Number("weight_decay"),
            FinalWeightDecay = Number("final_weight_decay"),
            Momentum = config.GetProperty("ema")[0].GetDouble(),
            FinalMomentum = config.GetProperty("ema")[1].GetDouble(),
        };
        var schedule = new TrainingSchedule(options, (long)Number("iterations_per_epoch"));

        schedule.TotalSteps.Should().Be(fixture.GetProperty("lr").GetArrayLength());
        for (int step = 0; step < schedule.TotalSteps; step++)
        {
            StepSettings settings = schedule.At(step);
            ShouldBe(settings.LearningRate, fixture.GetProperty("lr")[step].GetDouble(), $"learning rate {step}");
            ShouldBe(settings.WeightDecay, fixture.GetProperty("wd")[step].GetDouble(), $"weight decay {step}");
            ShouldBe(settings.Momentum, fixture.GetProperty("ema")[step].GetDouble(), $"momentum {step}");
        }
    }

    [Fact]
    public void Constant_shape_stays_at_the_peak_after_the_warm_up()
    {
        var schedule = new TrainingSchedule(new PretrainingOptions { Epochs = 10, WarmupEpochs = 2, LearningRateShape = LearningRateShape.Constant }, 5);
        schedule.At(0).LearningRate.Should().BeApproximately(2e-4 + (8e-4 / 10), 1e-15);
        Enumerable.Range(9, 41).Select(step => schedule.At(step).LearningRate).Should().OnlyContain(rate => rate == 1e-3);
    }

    [Fact]
    public void Warm_up_defaults_to_a_fifteenth_of_the_run() =>
        new PretrainingOptions { Epochs = 600 }.EffectiveWarmupEpochs.Should().Be(40);

    [Theory]
    [InlineData(-1)]
    [InlineData(30)]
    public void Steps_outside_the_run_are_refused(long step)
    {
        Action ask = () => new TrainingSchedule(new PretrainingOptions { Epochs = 3 }, 10).At(step);
        ask.Should().Throw<ArgumentOutOfRangeException>().WithMessage("The run has 30 steps, 0 to 29; raise Epochs to train longer.*");
    }

    [Fact]
    public void Changing_the_options_later_changes_no_schedule()
    {
        var options = new PretrainingOptions { Epochs = 3 };
        var schedule = new TrainingSchedule(options, 10);
        StepSettings before = schedule.At(20);
        (options.LearningRate, options.WeightDecay, options.Momentum) = (5, 5, 0);
        schedule.At(20).Should().Be(before);
    }

    [Fact]
    public void Unusable_options_are_refused()
    {
        Action make = () => _ = new TrainingSchedule(new PretrainingOptions { Epochs = 0 }, 10);
        make.Should().Throw<OptionsValidationException>().WithMessage("PretrainingOptions.Epochs is 0; it must be from 1 to 1000000 (default 100).");
    }

    private static void ShouldBe(double actual, double expected, string what) =>
        actual.Should().BeApproximately(expected, Math.Max(1e-18, Math.Abs(expected) * 1e-12), what);
}
