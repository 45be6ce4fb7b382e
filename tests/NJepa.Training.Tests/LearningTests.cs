using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;

namespace NJepa.Training.Tests;

/// <summary>
/// The smallest run that shows learning: 960 drawn pictures of 48 px, a network of 53 k parameters, 600 steps. The quick start is the larger version; docs/results.md has its three seeds.
/// </summary>
public sealed class LearningTests : TensorTest
{
    private static readonly ViT Encoder = new() { Name = "learning", ImageSize = 48, PatchSize = 8, Width = 48, Depth = 2, Heads = 3 };

    [Fact]
    public async Task Pretraining_makes_features_better_and_does_not_collapse()
    {
        using var pictures = new DrawnSet(trainPerClass: 120, testPerClass: 60, size: 48);
        using JepaModel model = JepaBuilder.WithEncoder(Encoder).WithRecipe(JepaRecipe.SmallData).Build();
        (double knn, double linear, double rank) before = Measure(model.Student, pictures);
        using var trainer = new JepaTrainer(model, pictures.Train, PretrainingOptions.SmallData with { Epochs = 20, BatchSize = 32, LearningRate = 4e-3, LogEvery = 100 });

        await trainer.RunAsync();

        (double knn, double linear, double rank) after = Measure(model.Student, pictures);
        (after.knn - before.knn).Should().BeGreaterThan(0.05, "of nearest neighbours, {0:P1} to {1:P1}", before.knn, after.knn);
        (after.linear - before.linear).Should().BeGreaterThan(0.10, "of the linear probe, {0:P1} to {1:P1}", before.linear, after.linear);
        after.rank.Should().BeGreaterThan(before.rank / 2);
    }

    private static (double Knn, double Linear, double Rank) Measure(ViTEncoder encoder, DrawnSet pictures)
    {
        FeatureSet train = FeatureExtractor.Extract(encoder, pictures.Train), test = FeatureExtractor.Extract(encoder, pictures.Test);
        return (NearestNeighbours.Evaluate(train, test)[0].Accuracy, LinearProbe.Evaluate(train, test).Classification.Accuracy, CollapseMeasures.Measure(test).CentredRankMe);
    }
}
