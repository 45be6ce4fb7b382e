using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training.Tests;

/// <summary>Whole fine-tuning runs on drawn pictures of eight classes.</summary>
public sealed class FineTunerTests(FineTunerTests.Pictures pictures) : TensorTest, IClassFixture<FineTunerTests.Pictures>
{
    private static readonly ViT Small = new() { Name = "test", ImageSize = 32, PatchSize = 8, Width = 48, Depth = 2, Heads = 3 };

    private static FineTuningOptions Options => new() { Epochs = 2, BatchSize = 32, LearningRate = 3e-3, LogEvery = 3, LoaderThreads = 1 };

    [Fact]
    public async Task It_learns_and_keeps_the_given_encoder_as_it_was()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
        byte[] before = encoder.Parameters.Values.bytes.ToArray();
        using var tuner = new FineTuner(encoder, new StripedPictures(perClass: 100, seed: 1), Options with { Epochs = 12, LabelSmoothing = 0 });

        using FineTuningResult result = await tuner.RunAsync(new StripedPictures(perClass: 50, seed: 2));

        result.IsComplete.Should().BeTrue();
        result.History.Select(epoch => epoch.Epoch).Should().Equal(Enumerable.Range(1, 12));
        result.History[0].TrainingLoss.Should().BeApproximately(Math.Log(4), 0.2, "the head begins with next to nothing");
        result.History[^1].TrainingLoss.Should().BeLessThan(result.History[0].TrainingLoss / 2);
        result.History[^1].TrainingAccuracy.Should().BeGreaterThan(0.7);
        result.Test!.Accuracy.Should().BeGreaterThan(0.7, "chance is 0.25");
        result.Test.Method.Should().Be("fine-tuning");
        encoder.Parameters.Values.bytes.ToArray().Should().Equal(before);
        result.Classifier.Encoder.Parameters.Values.bytes.ToArray().Should().NotEqual(before);
        result.ToString().Should().StartWith("fine-tuning: ").And.EndWith(" of 12");
    }

    [Fact]
    public async Task Shuffled_labels_give_chance_on_held_out_images()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
        using var tuner = new FineTuner(encoder, Relabelled.Shuffled(new StripedPictures(perClass: 100, seed: 1), seed: 3), Options with { Epochs = 12, LabelSmoothing = 0 });

        using FineTuningResult result = await tuner.RunAsync(new StripedPictures(perClass: 50, seed: 2));

        result.Test!.Accuracy.Should().BeInRange(0.12, 0.38, "chance is 0.25");
    }

    [Fact]
    public async Task The_epoch_is_chosen_by_validation_and_its_weights_are_those_returned()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
        FineTuningOptions options = Options with { Epochs = 4, ValidationFraction = 0.2, LearningRate = 0.03 };
        using var tuner = new FineTuner(encoder, pictures.Train, options);
        var seen = new List<(double? Accuracy, float[] Weights)>();

        using FineTuningResult result = await tuner.RunAsync(progress: new Told(report =>
        {
            if (report.CompletedEpoch is { } epoch)
            {
                seen.Add((epoch.ValidationAccuracy, tuner.State.Network.Parameters.Values.data<float>().ToArray()));
            }
        }));

        double? best = seen.Max(one => one.Accuracy);
        result.BestEpoch.Should().Be(seen.FindLastIndex(one => one.Accuracy == best) + 1);
        result.Validation!.Accuracy.Should().Be(best);
        result.Validation.Count.Should().Be(64);
        ModelParameter weight = tuner.State.Network.Parameters["blocks.1.mlp.fc2.weight"];
        result.Classifier.Encoder.Parameters["blocks.1.mlp.fc2.weight"].Value.data<float>().ToArray()
            .Should().Equal(seen[result.BestEpoch - 1].Weights.AsSpan((int)weight.Offset, (int)weight.Count).ToArray());
        tuner.State.Network.Parameters.Values.data<float>().ToArray().Should().Equal(seen[^1].Weights, "training can go on");

        LabelledImages.Split(pictures.Train, 0.2, options.Seed).Validation.Length.Should().Be(64);
    }

    [Fact]
    public async Task The_test_set_influences_nothing()
    {
        IImageSource test = pictures.Test;
        var rotated = new Relabelled(test, [.. Enumerable.Range(0, test.Count).Select(i => (test.GetLabel(i) + 1) % 8)], [.. test.ClassNames]);

        (double[] Head, int Best) with = await Run(test), wrong = await Run(rotated), without = await Run(null);

        wrong.Head.Should().Equal(with.Head);
        without.Head.Should().Equal(with.Head);
        (wrong.Best, without.Best).Should().Be((with.Best, with.Best));

        async Task<(double[] Head, int Best)> Run(IImageSource? source)
        {
            using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
            using var tuner = new FineTuner(encoder, pictures.Train, Options);
            using FineTuningResult result = await tuner.RunAsync(source);
            (result.Test is null).Should().Be(source is null);
            return (result.Classifier.Head.Weights, result.BestEpoch);
        }
    }

    [Fact]
    public async Task The_seed_decides_and_loader_threads_do_not()
    {
        byte[] first = await Run(seed: 1, threads: 0), again = await Run(seed: 1, threads: 2), other = await Run(seed: 2, threads: 2);

        again.Should().Equal(first);
        other.Should().NotEqual(first);

        async Task<byte[]> Run(ulong seed, int threads)
        {
            using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
            using var tuner = new FineTuner(encoder, pictures.Train, Options with { Seed = seed, LoaderThreads = threads, Epochs = 1 });
            using FineTuningResult result = await tuner.RunAsync();
            return result.Classifier.Encoder.Parameters.Values.bytes.ToArray();
        }
    }

    [Fact]
    public async Task A_saved_encoder_and_head_come_back_with_the_same_answers()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
        using var tuner = new FineTuner(encoder, pictures.Train, Options with { Epochs = 1 });
        using FineTuningResult result = await tuner.RunAsync(pictures.Test);
        string path = Path.Combine(pictures.Folder, Guid.NewGuid().ToString("N") + ".safetensors");
        result.Classifier.Encoder.Save(path);

        using ViTEncoder loaded = ViTEncoder.Load(path);
        LinearClassifier kept = result.Classifier.Head, head = new(kept.ClassNames, kept.Weights, kept.Bias);
        FeatureSet features = FeatureExtractor.Extract(loaded, pictures.Test);

        features.Values.Should().Equal(FeatureExtractor.Extract(result.Classifier.Encoder, pictures.Test).Values);
        head.Predict(features).Should().Equal(kept.Predict(features));
        head.Evaluate(features, "fine-tuning").Should().Be(result.Test);
        result.Classifier.Evaluate(pictures.Test).Should().Be(result.Test);
    }

    [Fact]
    public async Task A_cancelled_run_has_a_result_and_goes_on_as_if_nothing_had_happened()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
        using var whole = new FineTuner(encoder, pictures.Train, Options);
        using FineTuningResult expected = await whole.RunAsync();
        using var tuner = new FineTuner(encoder, pictures.Train, Options);
        foreach ((long at, int epochs) in new[] { (3L, 0), (9L, 1) })
        {
            using var stop = new CancellationTokenSource();
            using FineTuningResult part = await tuner.RunAsync(pictures.Test, new Told(report => CancelAt(report.Step, at, stop)), stop.Token);
            part.IsComplete.Should().BeFalse();
            part.Test.Should().BeNull();
            (part.BestEpoch, part.History.Count).Should().Be((epochs, epochs));
            tuner.CompletedSteps.Should().Be(at);
        }

        using FineTuningResult rest = await tuner.RunAsync();

        rest.IsComplete.Should().BeTrue();
        rest.History.Should().Equal(expected.History);
        rest.Classifier.Encoder.Parameters.Values.bytes.ToArray().Should().Equal(expected.Classifier.Encoder.Parameters.Values.bytes.ToArray());

        static void CancelAt(long step, long at, CancellationTokenSource stop)
        {
            if (step == at)
            {
                stop.Cancel();
            }
        }
    }

    [Fact]
    public async Task A_gradient_that_is_not_finite_stops_the_run_with_the_weights_before_it()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
        using var tuner = new FineTuner(encoder, pictures.Train, Options with { LogEvery = 1 });
        byte[]? good = null;

        Func<Task> run = () => tuner.RunAsync(progress: new Told(report =>
        {
            if (report.Step == 4)
            {
                using DisposeScope scope = NewDisposeScope();
                good = tuner.State.Network.Parameters.Values.bytes.ToArray();
                tuner.State.Network.Parameters.Gradients!.narrow(0, 7, 1).fill_(double.NaN);
            }
        }));

        NonFiniteException thrown = (await run.Should().ThrowAsync<NonFiniteException>()).Which;
        thrown.Message.Should().StartWith("In step 5 of 18 gradient was infinite or not a number. Learning rate ")
            .And.Contain("The step changed nothing: FineTuner.CopyClassifier gives the weights after step 4. To train on, begin again and lower LearningRate (the peak is 0.003), set MaxGradientNorm (for example to 1)");
        thrown.Step.Should().Be(5);
        thrown.Terms.Should().Equal("gradient");
        thrown.SampleIndices.Should().HaveCount(32).And.OnlyHaveUniqueItems();
        tuner.CompletedSteps.Should().Be(4);
        tuner.State.Network.Parameters.Values.bytes.ToArray().Should().Equal(good);
        using FineTunedClassifier saved = tuner.CopyClassifier();
        saved.Head.ClassNames.Should().Equal(pictures.Train.ClassNames);

        // Gradients were cleared with the step: the same images are fine the next time.
        using FineTuningResult rest = await tuner.RunAsync();
        rest.IsComplete.Should().BeTrue();
    }

    [Fact]
    public async Task No_native_tensor_outlives_a_step()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
        using var tuner = new FineTuner(encoder, pictures.Train, Options with { LogEvery = 1, MicroBatchSize = 20, MaxGradientNorm = 1 });
        var alive = new List<long>();

        using FineTuningResult result = await tuner.RunAsync(progress: new Told(_ => alive.Add(Tensor.TotalCount)));

        // The best weights are kept from the end of the first epoch on.
        alive.Take(8).Distinct().Should().HaveCount(1);
        alive.Skip(9).Distinct().Should().HaveCount(1);
        (alive[^1] - alive[0]).Should().BeLessThanOrEqualTo(1);
    }

    [Fact]
    public async Task Disposing_in_mid_run_ends_it()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
        var tuner = new FineTuner(encoder, pictures.Train, Options);

        Func<Task> run = () => tuner.RunAsync(progress: new Told(_ => tuner.Dispose()));

        await run.Should().ThrowAsync<ObjectDisposedException>().WithMessage("*The tuner was disposed during its run, after step 3 of 18.*");
        Func<Task> again = () => tuner.RunAsync();
        await again.Should().ThrowAsync<ObjectDisposedException>();
        Action copy = () => tuner.CopyClassifier();
        copy.Should().Throw<ObjectDisposedException>();
    }

    private sealed class Told(Action<FineTuningProgress> tell) : IProgress<FineTuningProgress>
    {
        public void Report(FineTuningProgress value) => tell(value);
    }

    public sealed class Pictures : IDisposable
    {
        private readonly DrawnSet _set = new(trainPerClass: 40, testPerClass: 20);

        public string Folder => _set.Folder;

        public IImageSource Train => _set.Train;

        public IImageSource Test => _set.Test;

        public void Dispose() => _set.Dispose();
    }
}
