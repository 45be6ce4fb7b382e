using Microsoft.Extensions.Options;
using NJepa.Data;
using NJepa.Models;
using TorchSharp;

namespace NJepa.Training.Tests;

public sealed class JepaTrainerTests(JepaTrainerTests.Pictures pictures) : TensorTest, IClassFixture<JepaTrainerTests.Pictures>
{
    private static readonly ViT Small = new() { Name = "test", ImageSize = 32, PatchSize = 4, Width = 24, Depth = 1, Heads = 2 };

    public sealed class Pictures : IDisposable
    {
        private readonly DrawnSet _set = new(trainPerClass: 8, testPerClass: 1);

        public string Folder => Path.Combine(_set.Folder, "train");

        public IImageSource Source => _set.Train;

        public void Dispose() => _set.Dispose();
    }

    private static JepaModel Model(ulong seed = 0) => JepaBuilder.WithEncoder(Small).WithRecipe(JepaRecipe.SmallData).WithSeed(seed).Build();

    private static PretrainingOptions Options(int epochs = 3) => PretrainingOptions.SmallData with { Epochs = epochs, BatchSize = 16, LogEvery = 5, LoaderThreads = 1 };

    private static float[] Weights(JepaModel model) => [.. model.Parameters.Values.data<float>().ToArray(), .. model.TeacherParameters.Values.data<float>().ToArray()];

    private async Task<(float[] Weights, TrainingResult Result)> RunAsync(PretrainingOptions options, IProgress<TrainingProgress>? progress = null, CancellationToken token = default)
    {
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, options);
        TrainingResult result = await trainer.RunAsync(progress, token);
        return (Weights(model), result);
    }

    [Fact]
    public async Task A_run_reports_what_it_did()
    {
        var reports = new List<TrainingProgress>();
        (_, TrainingResult result) = await RunAsync(Options(), new Collect(reports.Add));

        result.Steps.Should().Be(12);
        result.Images.Should().Be(192);
        result.Completed.Should().BeTrue();
        result.BadImages.Should().BeEmpty();
        result.SavedFiles.Should().BeEmpty();
        result.History.Should().Equal(reports);
        reports.Select(report => (report.Step, report.Epoch)).Should().Equal((5, 2), (10, 3), (12, 3));
        reports.Should().OnlyContain(report => report.TotalSteps == 12 && report.Epochs == 3 && report.ImagesPerSecond > 0 && report.LoaderWaitShare >= 0 && report.LoaderWaitShare <= 1);
        reports[^1].Remaining.Should().Be(TimeSpan.Zero);
        LossValues losses = reports[^1].Losses;
        losses.Total.Should().BeApproximately(
            losses.CleanTeacher + (0.1 * losses.NoisyTeacher!.Value) + (0.1 * losses.NoisyClean!.Value)
            + (JepaRecipe.SmallData.VarianceCovariance.Variance * losses.Variance!.Value) + (JepaRecipe.SmallData.VarianceCovariance.Covariance * losses.Covariance!.Value),
            1e-5);
    }

    [Fact]
    public async Task The_loader_s_threads_do_not_change_the_run()
    {
        (float[] expected, _) = await RunAsync(Options(1) with { LoaderThreads = 0 });
        (float[] actual, _) = await RunAsync(Options(1) with { LoaderThreads = 3, Prefetch = 2 });
        actual.Should().Equal(expected);
    }

    [Fact]
    public async Task Another_seed_is_another_run()
    {
        (float[] first, _) = await RunAsync(Options(1));
        (float[] second, _) = await RunAsync(Options(1) with { Seed = 1 });
        second.Should().NotEqual(first);
    }

    [Fact]
    public async Task A_cancelled_run_goes_on_as_if_nothing_had_happened()
    {
        (float[] uninterrupted, _) = await RunAsync(Options());
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options());
        using var cancel = new CancellationTokenSource();

        TrainingResult first = await trainer.RunAsync(new Collect(_ => cancel.Cancel()), cancel.Token);
        TrainingResult second = await trainer.RunAsync();

        (first.Steps, first.Completed, second.Steps, second.Completed).Should().Be((5, false, 7, true));
        Weights(model).Should().Equal(uninterrupted);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_before_it_starts_takes_no_step()
    {
        (_, TrainingResult result) = await RunAsync(Options(), token: new CancellationToken(canceled: true));
        (result.Steps, result.Completed).Should().Be((0, false));
        result.History.Should().BeEmpty();
    }

    [Fact]
    public async Task Training_changes_student_predictors_and_teacher()
    {
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options(1));
        using JepaModel untouched = Model();
        await trainer.RunAsync();
        foreach ((ModelParameter after, ModelParameter before) in model.Parameters.Parameters.Concat(model.TeacherParameters.Parameters)
            .Zip(untouched.Parameters.Parameters.Concat(untouched.TeacherParameters.Parameters)))
        {
            after.Value.data<float>().ToArray().Should().NotEqual(before.Value.data<float>().ToArray(), after.Name);
        }
    }

    [Fact]
    public async Task No_native_tensor_outlives_a_step()
    {
        var live = new Dictionary<long, long>();
        (_, TrainingResult result) = await RunAsync(Options(50) with { LogEvery = 10 }, new Collect(report => live[report.Step] = torch.Tensor.TotalCount));
        result.Steps.Should().Be(200);
        live[200].Should().Be(live[10]);
        live.Values.Distinct().Should().HaveCount(1);
    }

    [Fact]
    public async Task The_result_is_saved_and_loads_again()
    {
        string folder = Path.Combine(Path.GetTempPath(), "njepa-result-" + Guid.NewGuid().ToString("N"));
        try
        {
            using JepaModel model = Model(), loaded = Model(seed: 9);
            using var trainer = new JepaTrainer(model, pictures.Source, Options(1) with { OutputDirectory = folder });
            TrainingResult result = await trainer.RunAsync();
            result.SavedFiles.Select(Path.GetFileName).Should().Equal("model.safetensors", "student.safetensors", "teacher.safetensors");
            loaded.LoadWeights(result.SavedFiles[0]);
            Weights(loaded).Should().Equal(Weights(model));
            using ViTEncoder teacher = ViTEncoder.Load(result.SavedFiles[2]);
            teacher.Configuration.Should().Be(Small);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_found_out_before_the_first_step()
    {
        string file = Path.GetTempFileName();
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options(1) with { OutputDirectory = Path.Combine(file, "below-a-file") });
        Func<Task> run = () => trainer.RunAsync();
        (await run.Should().ThrowAsync<TrainingException>()).WithMessage(
            $"PretrainingOptions.OutputDirectory '{Path.Combine(file, "below-a-file")}' cannot be written to: * Choose another folder, or null to save nothing. No step was taken.");
        trainer.CompletedSteps.Should().Be(0);
        File.Delete(file);
    }

    [Fact]
    public async Task A_folder_that_goes_away_during_the_run_is_named_and_the_model_stays()
    {
        string folder = Directory.CreateTempSubdirectory("njepa-result-").FullName;
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options(1) with { OutputDirectory = folder });
        Func<Task> run = () => trainer.RunAsync(new Collect(_ =>
        {
            Directory.Delete(folder, recursive: true);
            File.WriteAllText(folder, "");
        }));
        (await run.Should().ThrowAsync<TrainingException>()).WithMessage($"The result cannot be saved to OutputDirectory '{folder}': *still in memory (JepaModel.SaveWeights).");
        trainer.CompletedSteps.Should().Be(4);
        File.Delete(folder);
    }

    // A step of the trainer is this one, in this order; the parity tests compare the same steps with the reference.
    [Fact]
    public async Task A_run_is_the_steps_of_the_method_in_their_order()
    {
        PretrainingOptions options = Options(2) with { LoaderThreads = 0, Momentum = 0.5, MaxGradientNorm = 0.05 };
        (float[] actual, _) = await RunAsync(options);

        using JepaModel model = Model();
        using var loader = new ImageLoader(
            pictures.Source, new TrainingAugmentation { ImageSize = 32, HorizontalFlip = true }, new ImageLoaderOptions { BatchSize = 16, Threads = 0 });
        using var optimizer = new FlatAdamW(model.Parameters);
        var schedule = new TrainingSchedule(options, stepsPerEpoch: 4);
        foreach ((long step, ImageBatch batch) in loader.Steps(0, 8).Select((batch, step) => ((long)step, batch)))
        {
            using DisposeScope scope = torch.NewDisposeScope();
            torch.Tensor images = ImageNormalization.ImageNet.ToTensor(batch.Pixels, 16, 32, 32, torch.CPU);
            JepaInputs inputs = model.SampleInputs(0, step, Array.ConvertAll(batch.Indices, index => (long)index));
            model.ComputeLosses(model.Forward(images, inputs)).Total.backward();
            optimizer.ClipGradients(0.05);
            optimizer.Step(schedule.At(step).LearningRate, schedule.At(step).WeightDecay);
            model.Parameters.ZeroGradients();
            model.UpdateTeacher(schedule.At(step).Momentum);
            batch.Dispose();
        }

        actual.Should().Equal(Weights(model));
    }

    [Fact]
    public async Task A_failure_of_the_native_runtime_is_explained_and_leaves_no_gradient()
    {
        using JepaModel model = Model();
        torch.Tensor bias = model.Parameters["predictor.predictor_proj.bias"].Value;
        using (torch.no_grad())
        using (torch.Tensor wrong = torch.zeros(5))
        {
            bias.set_(wrong);
        }

        using var trainer = new JepaTrainer(model, pictures.Source, Options());
        Func<Task> run = () => trainer.RunAsync();
        (await run.Should().ThrowAsync<TrainingException>()).WithMessage("Step 1 of 12 failed in the native runtime: The size of tensor a (24) must match the size of tensor b (5) at non-singleton dimension 2")
            .Which.Message.Should().NotContain("\n");
        model.Parameters.Gradients!.data<float>().ToArray().Should().OnlyContain(gradient => gradient == 0);
        trainer.CompletedSteps.Should().Be(0);
    }

    [Fact]
    public async Task Disposing_during_a_run_waits_for_its_step_and_ends_it()
    {
        string folder = Directory.CreateTempSubdirectory("njepa-result-").FullName;
        using JepaModel model = Model();
        var trainer = new JepaTrainer(model, pictures.Source, Options(1000) with { LogEvery = 1, OutputDirectory = folder });
        using var begun = new ManualResetEventSlim();
        Task<TrainingResult> run = trainer.RunAsync(new Collect(_ => begun.Set()));
        begun.Wait();

        trainer.Dispose();

        run.IsCompleted.Should().BeTrue();
        (await run.Invoking(task => task).Should().ThrowAsync<ObjectDisposedException>()).WithMessage(
            "The trainer was disposed during its run, after step * of 4000; nothing was saved since the last checkpoint. Await RunAsync before disposing, or cancel it to keep the result.");
        Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Should().BeEquivalentTo(".njepa-lock", "losses.csv", "checkpoints");
        Directory.Delete(folder, recursive: true);
        Action again = () => trainer.RunAsync();
        again.Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task Disposing_from_a_report_ends_the_run()
    {
        using JepaModel model = Model();
        JepaTrainer? trainer = new(model, pictures.Source, Options());
        Func<Task> run = () => trainer.RunAsync(new Collect(_ => trainer.Dispose()));
        (await run.Should().ThrowAsync<ObjectDisposedException>()).WithMessage("The trainer was disposed during its run, after step 5 of 12; *");
        trainer.Dispose();
    }

    [Fact]
    public async Task One_unreadable_image_is_reported_and_the_run_goes_on()
    {
        using var set = new DrawnSet(trainPerClass: 4, testPerClass: 1, seed: 3);
        string victim = Directory.GetFiles(Path.Combine(set.Folder, "train"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        File.WriteAllText(victim, "not a picture");
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, set.Train, Options(2));
        TrainingResult result = await trainer.RunAsync();
        result.Steps.Should().Be(4);
        result.BadImages.Should().ContainSingle().Which.Name.Should().EndWith(Path.GetFileName(victim));
    }

    [Fact]
    public async Task Too_many_unreadable_images_stop_the_run()
    {
        using var set = new DrawnSet(trainPerClass: 4, testPerClass: 1, seed: 3);
        foreach (string file in Directory.GetFiles(Path.Combine(set.Folder, "train"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(20))
        {
            File.WriteAllBytes(file, []);
        }

        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, set.Train, Options(2));
        Func<Task> run = () => trainer.RunAsync();
        (await run.Should().ThrowAsync<TooManyBadImagesException>()).Which.BadImages.Should().NotBeEmpty();
    }

    [Fact]
    public void Fewer_images_than_a_batch_are_refused()
    {
        using JepaModel model = Model();
        Action make = () => _ = new JepaTrainer(model, pictures.Source, Options() with { BatchSize = 65 });
        make.Should().Throw<TrainingException>().WithMessage(
            "There are 64 images, fewer than PretrainingOptions.BatchSize = 65; an epoch would have no step. Set BatchSize to 64 or less, or add images.");
    }

    [Fact]
    public void A_batch_of_one_is_refused_where_variance_needs_more()
    {
        using JepaModel model = Model();
        Action make = () => _ = new JepaTrainer(model, pictures.Source, Options() with { BatchSize = 1 });
        make.Should().Throw<TrainingException>().WithMessage(
            "PretrainingOptions.BatchSize is 1, but the variance and covariance terms need at least 2 images; raise it or use VarianceCovarianceWeights.None.");
    }

    [Fact]
    public void Unusable_options_are_listed_together()
    {
        using JepaModel model = Model();
        Action make = () => _ = new JepaTrainer(model, pictures.Source, Options() with { Epochs = 0, Momentum = 2 });
        make.Should().Throw<OptionsValidationException>().Which.Failures.Should().Equal(
            "PretrainingOptions.Epochs is 0; it must be from 1 to 1000000 (default 100).",
            "PretrainingOptions.Momentum is 2; it must be from 0 to 1 (default 0.996).");
    }

    [Fact]
    public async Task A_loss_that_is_not_a_number_stops_the_run()
    {
        using JepaModel model = Model();
        using (torch.no_grad())
        {
            model.Parameters["predictor.predictor_proj.bias"].Value.fill_(float.NaN);
        }

        using var trainer = new JepaTrainer(model, pictures.Source, Options());
        Func<Task> run = () => trainer.RunAsync();
        (await run.Should().ThrowAsync<NonFiniteException>()).WithMessage("In step 1 of 12 clean-teacher, noisy-clean, total, gradient were infinite or not a number. *");
        trainer.CompletedSteps.Should().Be(0);
    }

    [Fact]
    public async Task A_second_run_at_the_same_time_is_refused()
    {
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options());
        Exception? refused = null;
        await trainer.RunAsync(new Collect(_ => refused ??= Record(() => trainer.RunAsync())));
        refused.Should().BeOfType<TrainingException>().Which.Message.Should().StartWith("A run of this trainer is already going on");

        static Exception? Record(Func<Task> action)
        {
            try
            {
                _ = action();
                return null;
            }
            catch (TrainingException exception)
            {
                return exception;
            }
        }
    }
}
